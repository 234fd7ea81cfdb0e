"""Redis in a container of its own, by Testcontainers: for deployments that share their sessions."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from sessionproof.errors import TargetError

if TYPE_CHECKING:
    from docker import DockerClient

__all__ = ["REDIS_IMAGE", "daemon", "redis_in_container", "sweep"]

REDIS_IMAGE = "redis:7-alpine"
_VARIABLE = "SESSIONPROOF_REDIS_IMAGE"
_OWNER = "sessionproof.owner"  # the label of our containers: host and process
_READY_WITHIN = 3.0  # seconds for the daemon to answer


@contextmanager
def redis_in_container(image: str = "") -> Iterator[str]:
    """The URL of an empty Redis, reached from this machine alone; its container is removed at the end of the block.

    `image` is what SESSIONPROOF_REDIS_IMAGE names, or else the public one. Containers of processes that were killed
    are removed first. Raises TargetError, in one line, without a Docker daemon or without the image.
    """
    client = daemon()
    image = image or os.environ.get(_VARIABLE) or REDIS_IMAGE
    try:
        sweep(client)
        _fetch(client, image)
    finally:
        client.close()
    from testcontainers.community.redis import RedisContainer
    from testcontainers.core.config import ConnectionMode, testcontainers_config

    testcontainers_config.ryuk_disabled = True  # its image isn't to be had everywhere; we sweep by label
    testcontainers_config.connection_mode_override = ConnectionMode.docker_host  # also if we are in a container
    container = RedisContainer(image).with_kwargs(labels={_OWNER: f"{socket.gethostname()}/{os.getpid()}"})
    container.ports["6379"] = ("127.0.0.1",)  # type: ignore[assignment] # docker takes an address alone as well
    with container:
        yield f"redis://127.0.0.1:{container.get_exposed_port(6379)}/0"


def daemon() -> DockerClient:
    """Who speaks to the Docker daemon. Raises TargetError, in one line, where there is none."""
    try:
        import docker
        import testcontainers  # noqa: F401
    except ImportError as error:
        raise TargetError(f"{error.name} isn't installed; pip install 'sessionproof[containers]'") from error
    try:
        client = docker.from_env(timeout=_READY_WITHIN)
        client.ping()
    except docker.errors.DockerException as error:
        raise TargetError(f"no Docker daemon answers: {_first_line(error)}") from error
    return client


def sweep(client: DockerClient) -> list[str]:
    """Remove the containers whose process on this host is gone; their names."""
    gone = []
    for container in client.containers.list(all=True, filters={"label": _OWNER}):
        host, _, process = container.labels[_OWNER].partition("/")
        if host == socket.gethostname() and not _runs(process):
            with suppress(Exception):  # somebody else sweeps as well
                container.remove(force=True)
                gone.append(str(container.name))
    return gone


def _runs(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except (PermissionError, ValueError):
        return True
    return True


def _fetch(client: DockerClient, image: str) -> None:
    import docker

    try:
        client.images.get(image)
        return
    except docker.errors.ImageNotFound:
        pass
    try:
        client.api.timeout = 120.0  # seconds: now something is downloaded
        client.images.pull(image)
    except Exception as error:
        raise TargetError(
            f"the image {image} isn't here and can't be pulled ({_first_line(error)}); name another by {_VARIABLE}"
        ) from error


def _first_line(error: Any) -> str:
    return (str(error).splitlines() or [""])[0][:200]

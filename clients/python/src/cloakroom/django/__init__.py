"""Django: `cloakroom.django.CloakroomCache` is a cache backend, `cloakroom.django.sessions` a session engine."""

from .cache import CloakroomCache

__all__ = ["CloakroomCache"]

"""The rows of the operations beside the account's own objects (see routes.py)."""
from fields import *    # noqa: F401,F403

OPERATIONS = []

"""The account, as an object."""
import seed
from answers import one
from fields import row
from state import to_json

ROWS = [
    row("get_account_info", "GET", "/v1/account/info"),
]


def get_account_info(world, request):
    return one(to_json(seed.account.ACCOUNT))

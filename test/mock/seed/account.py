"""The account."""

ACCOUNT = {"account_id": "maroon_vessel", "account_name": "Acme Analytics",
           "user_id": "_accountworthy"}

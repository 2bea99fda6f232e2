"""Webhooks."""
import seed
from answers import done, merge, one, page
from checks import invalid
from fields import BOOLEAN, PAGE, REQUIRED_STRING, STRING, STRINGS, WEBHOOK, field, row
from state import to_json

WEBHOOK_UPDATE = {"url": STRING, "events": STRINGS, "active": BOOLEAN, "secret": STRING}
WEBHOOK_CREATE = {**WEBHOOK_UPDATE, "url": REQUIRED_STRING, "events": field("strings", True)}

ROWS = [
    row("list_all_webhooks", "GET", "/v1/webhooks", query=PAGE),
    row("create_account_webhook", "POST", "/v1/webhooks/account", body=WEBHOOK_CREATE),
    row("create_group_webhook", "POST", "/v1/webhooks/group/{groupId}", body=WEBHOOK_CREATE),
    row("webhook_details", "GET", WEBHOOK),
    row("modify_webhook", "PATCH", WEBHOOK, body=WEBHOOK_UPDATE),
    row("delete_webhook", "DELETE", WEBHOOK),
    row("test_webhook", "POST", WEBHOOK + "/test", body={"event": REQUIRED_STRING}),
]


def list_all_webhooks(world, request):
    return page(world, request, world.select("webhooks"))


def _create_webhook(world, body, kind, **more):
    _check_url(body["url"])
    obj = {"id": world.new_id(), "type": kind, "url": body["url"], "events": body["events"],
           "active": body.get("active", True), **more,
           "created_at": world.now(), "created_by": seed.account.ACCOUNT["user_id"]}
    if body.get("secret"):
        obj["secret"] = "******"
    return one(world.put("webhooks", obj).detail, "Webhook has been created")


def _check_url(url):
    if not url.startswith("https://"):
        raise invalid("Webhook URL must use https")


def create_account_webhook(world, request):
    return _create_webhook(world, request.body, "account")


def create_group_webhook(world, request):
    group_id = world.get("groups", request.args["groupId"]).obj["id"]
    return _create_webhook(world, request.body, "group", group_id=group_id)


def webhook_details(world, request):
    return one(world.get("webhooks", request.args["webhookId"]).detail)


def modify_webhook(world, request):
    obj, body = world.change("webhooks", request.args["webhookId"]), dict(request.body)
    if body.get("url"):
        _check_url(body["url"])
    if body.get("secret"):
        body["secret"] = "******"
    merge(obj, body)
    return one(world.put("webhooks", obj).detail, "Webhook has been updated")


def delete_webhook(world, request):
    world.remove("webhooks", request.args["webhookId"])
    return done("Webhook with id '%s' has been deleted" % request.args["webhookId"])


def test_webhook(world, request):
    world.get("webhooks", request.args["webhookId"])
    return one(to_json({"succeed": True, "status": 200, "message": "OK"}))

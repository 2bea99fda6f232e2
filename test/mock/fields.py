"""What the rows of operations are made of."""
from collections import namedtuple

Operation = namedtuple("Operation", "name method path accept status query body")
Field = namedtuple("Field", "type required enum fields values")

V1 = "application/json"
V2 = "application/json;version=2"


def field(type_, required=False, enum=None, fields=None, values=None):
    """`fields`: the members of an object; `values`: the field that every member
    of a map is (its keys are names of the user's), or every element of an array."""
    return Field(type_, required, enum, fields, values)


STRING, BOOLEAN, INTEGER, OBJECT = (field(t) for t in ("string", "boolean", "integer", "object"))
STRINGS = field("strings")
REQUIRED_STRING = field("string", True)

PAGE = {"cursor": STRING, "limit": INTEGER}

# Many kinds of object have a region.
REGION = field("string", enum="""GCP_US_EAST4 GCP_US_WEST1 GCP_US_CENTRAL1 GCP_EUROPE_WEST3
    GCP_AUSTRALIA_SOUTHEAST1 GCP_NORTHAMERICA_NORTHEAST1 GCP_EUROPE_WEST2 GCP_ASIA_SOUTHEAST1
    GCP_ASIA_SOUTHEAST2 GCP_ASIA_SOUTH1 GCP_ASIA_NORTHEAST1 GCP_ASIA_NORTHEAST3 GCP_ME_CENTRAL2
    AWS_US_EAST_1 AWS_US_EAST_2 AWS_US_WEST_2 AWS_AP_NORTHEAST_1 AWS_AP_NORTHEAST_2
    AWS_AP_SOUTHEAST_1 AWS_AP_SOUTHEAST_2 AWS_EU_CENTRAL_1 AWS_EU_NORTH_1 AWS_EU_WEST_1
    AWS_EU_WEST_2 AWS_EU_WEST_3 AWS_AP_SOUTH_1 AWS_CA_CENTRAL_1 AWS_US_GOV_WEST_1 AZURE_EASTUS2
    AZURE_AUSTRALIAEAST AZURE_UKSOUTH AZURE_WESTEUROPE AZURE_CENTRALUS AZURE_CANADACENTRAL
    AZURE_UAENORTH AZURE_SOUTHEASTASIA AZURE_EASTUS AZURE_JAPANEAST AZURE_CENTRALINDIA
    AZURE_GERMANYWESTCENTRAL AZURE_WESTUS3 AZURE_SWITZERLANDNORTH AZURE_KOREACENTRAL""".split())


# --- what rows of several families have in common ---

NETWORKING = field("string", enum=["Directly", "PrivateLink", "SshTunnel", "ProxyAgent"])
TRUST = {"trust_certificates": BOOLEAN, "trust_fingerprints": BOOLEAN}
GROUP, CONNECTION = "/v1/groups/{groupId}", "/v1/connections/{connectionId}"
DESTINATION, WEBHOOK = "/v1/destinations/{destinationId}", "/v1/webhooks/{webhookId}"
TEAM, USER = "/v1/teams/{teamId}", "/v1/users/{userId}"
SYSTEM_KEY, USER_KEY = "/v1/system-keys/{keyId}", USER + "/api-keys"
MEMBER, ROLE = {"id": REQUIRED_STRING, "role": REQUIRED_STRING}, {"role": REQUIRED_STRING}
DAYS = "MONDAY TUESDAY WEDNESDAY THURSDAY FRIDAY SATURDAY SUNDAY".split()


def row(name, method, path, accept=V1, status=200, query=None, body=None):
    return Operation(name, method, path, accept, status, query or {}, body)

"""External secrets managers."""
from seed.names import Collection, timestamp

# Members of a secrets manager's configuration that its type needs.
MANAGER_NEEDS = {"AWS_SECRET_MANAGER": ["role_arn"], "AZURE_KEY_VAULT": ["vault_url"],
                 "HASHICORP_VAULT": ["vault_address"]}


def _secrets_managers():
    rows = [("lucky_tiger", "AWS_SECRET_MANAGER", "AWS secrets", False,
             {"role_arn": "arn:aws:iam::123456789012:role/secrets", "external_id": "fivetran"}),
            ("calm_otter", "AZURE_KEY_VAULT", "Azure vault", False,
             {"vault_url": "https://acme.vault.azure.net", "tenant_id": "9f1c-77"}),
            ("proud_heron", "HASHICORP_VAULT", "Vault (on premises)", True,
             {"vault_address": "https://vault.example.com:8200", "role_id": "fivetran",
              "secret_id": "******", "namespace": "data"})]
    return [{"id": i, "type": type_, "name": name, "config": config,
             "is_hybrid_deployment": hybrid, "created_at": timestamp(86400 * (40 + n), 6),
             "updated_at": timestamp(86400 * (140 + n), 6)}
            for n, (i, type_, name, hybrid, config) in enumerate(rows)]


COLLECTIONS = {
    "secrets_managers": Collection("NotFound_ExternalSecretsManager", "external secrets manager",
                                   _secrets_managers(), list_omits=("config",))}

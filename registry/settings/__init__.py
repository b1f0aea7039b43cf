"""Settings: the only reader of environment and configuration files; read once at the edge and passed down.

What there is to set stands in the parts, a noun a module.
"""

from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from registry.domain.errors import InvalidInput
from registry.settings.mail import MailSettings
from registry.settings.metrics import MetricsSettings
from registry.settings.network import NetworkSettings
from registry.settings.organisation import OrganisationSettings
from registry.settings.sign_in import SignInSettings
from registry.settings.storage import StorageSettings


class Settings(
    MailSettings, SignInSettings, MetricsSettings, OrganisationSettings, NetworkSettings, StorageSettings
):
    """`REGISTRY_*` from command line, environment, `.env`, secret files, `registry.toml`, then the defaults."""

    model_config = SettingsConfigDict(
        env_prefix="REGISTRY_",
        env_file=".env",
        toml_file="registry.toml",
        secrets_dir="/run/secrets" if Path("/run/secrets").is_dir() else None,
        frozen=True,
        extra="ignore",
    )

    scheduler: bool = Field(True, description="Whether `serve` polls sources itself.")
    tick_s: int = Field(30, ge=1, le=3600, description="Seconds between two looks at what is due.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # Each is asked for every field by name, which takes long where nothing is set.
        asked = (env_settings, dotenv_settings)
        told = (each for each in asked if isinstance(each, EnvSettingsSource) and _tells(each))
        return init_settings, *told, file_secret_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(**given: Any) -> Settings:
    """Read the settings; `given` are those of the command line. Raises InvalidInput naming each setting at fault."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        faults = {
            "REGISTRY_" + str((fault["loc"] or ("smtp_sender",))[0]).upper(): fault["msg"].removeprefix(
                "Value error, "
            )
            for fault in error.errors()
        }
        told = "; ".join(f"{name}: {sentence}" for name, sentence in faults.items())
        raise InvalidInput(f"The settings cannot be used. {told}", faults) from error


def _tells(source: EnvSettingsSource) -> bool:
    return any(name.startswith("registry_") for name in source.env_vars)


def origins() -> dict[str, str]:
    """Name of each setting that does not stand at its default, to the place it was read from."""
    dotenv = Settings.model_config.get("env_file")
    places = {
        "environment": EnvSettingsSource(Settings),
        str(dotenv): DotEnvSettingsSource(Settings),
        "secret files": SecretsSettingsSource(Settings),
        "registry.toml": TomlConfigSettingsSource(Settings),
    }
    found: dict[str, str] = {}
    for place, source in places.items():
        for name in source():
            found.setdefault(name, place)
    return found

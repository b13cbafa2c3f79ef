"""OpenID Connect as an organization's provider speaks it; the flow itself, state and PKCE are allauth's."""

"""Who is looking at this page? The id in the visitor's cookie, or one for this session where there is no cookie."""

import secrets

import streamlit as st

from app.web.visitor import COOKIE, visitor_id

_KEY = "_visitor"


def visitor() -> str:
    """The id under which this visitor's pictures are kept; never shown, never in a link."""
    known = visitor_id(f"{COOKIE}={st.context.cookies.get(COOKIE, '')}")
    return known or st.session_state.setdefault(_KEY, secrets.token_urlsafe(32))

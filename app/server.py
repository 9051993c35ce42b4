"""How is the app served? `streamlit run app/server.py`: Streamlit with our routes, headers and cookie around it."""

import streamlit as st

from app.web.routes import ROUTES
from app.web.visitor import VisitorMiddleware
from starlette.middleware import Middleware

app = st.App("main.py", routes=ROUTES, middleware=[Middleware(VisitorMiddleware)])

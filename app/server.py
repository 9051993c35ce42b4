"""How is the app served? `streamlit run app/server.py`: Streamlit with our routes, headers and cookie around it."""

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.pages_manager import PagesManager

from app.web.arrivals import all_arrives_once
from app.web.callbacks import callbacks_run_to_their_end
from app.web.lifespan import lifespan
from app.web.routes import ROUTES
from app.web.visitor import VisitorMiddleware

# main.py names its pages with st.navigation. Without this the folder `pages` is taken for Streamlit's older way until
# the first visitor has run main.py, and a link to a page opens with "Page not found".
PagesManager.uses_pages_directory = False
callbacks_run_to_their_end()
all_arrives_once()

app = st.App("main.py", routes=ROUTES, middleware=[Middleware(VisitorMiddleware)], lifespan=lifespan)

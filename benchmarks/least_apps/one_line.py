import streamlit as st

st.write("hello")  # noqa: E702, I001

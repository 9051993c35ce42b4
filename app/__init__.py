"""The Streamlit app: widgets → cnnviz → plot. It computes nothing itself."""

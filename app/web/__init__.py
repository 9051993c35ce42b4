"""What the web server adds around Streamlit: routes for views and pictures, headers, the visitor's cookie."""

"""How is an uploaded file taken, so that no copy of it stays with Streamlit?"""

from __future__ import annotations

from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile


def taken(upload: UploadedFile) -> bytes:
    """The content of an upload. Streamlit would keep the file with its metadata until the session ends; it goes now."""
    content = upload.getvalue()
    forget(upload)
    return content


def forget(upload: UploadedFile) -> None:
    """Let go of an upload."""
    upload.close()
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        context.uploaded_file_mgr.remove_file(session_id=context.session_id, file_id=upload.file_id)

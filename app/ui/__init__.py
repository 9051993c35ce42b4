"""What pages share: the frame of a page, the pickers, the lesson panel, the code panel."""

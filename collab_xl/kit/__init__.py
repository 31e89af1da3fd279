"""An offline kit: all that a computer without internet needs to install collab_xl, in one folder (decision 0028)."""

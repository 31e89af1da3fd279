"""`python -m collab_xl` is the same program as `collab-xl`."""

from collab_xl.cli import run_and_leave

if __name__ == "__main__":
    run_and_leave()

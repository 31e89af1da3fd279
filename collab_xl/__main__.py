"""`python -m collab_xl` is the same program as `collab-xl`."""

from collab_xl.cli import main

if __name__ == "__main__":
    main()

"""python -m tocsin"""

from tocsin.faces.cli.main import main

main()

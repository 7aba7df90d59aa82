#!/usr/bin/env python3
"""toukan and Exim."""

from servers import Exim, enter, main, standard

enter()
standard.add_tests(Exim())


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""toukan and Exim."""

from servers import Exim, SevenBitExim, enter, main, standard

enter()
standard.add_tests(Exim())
standard.add_8bit(SevenBitExim())


if __name__ == "__main__":
    main()

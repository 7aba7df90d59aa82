#!/usr/bin/env python3
"""toukan and Exim."""

from servers import Exim, SevenBitExim, ShortWindedExim, batches, enter, main, standard

enter()
exim = Exim()
standard.add_tests(exim)
standard.add_8bit(SevenBitExim())
batches.add_tests(exim)
batches.add_tests(ShortWindedExim())


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""toukan and Dovecot's submission service."""

from servers import DovecotSubmission, enter, main, standard

enter()
standard.add_tests(DovecotSubmission())


if __name__ == "__main__":
    main()

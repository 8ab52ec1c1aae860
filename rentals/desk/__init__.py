"""The lending desk in the back office: pages for the keyboard and a barcode scanner, which work without JavaScript."""

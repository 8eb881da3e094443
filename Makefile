# Everything is done by the package dev/; see `python3 -m dev --help` for the other verbs.
#   make demo            set up, install with demo data, classify, serve on PORT
#   make demo SERVE=0    the same without serving
#   make test            linters, installation, uninstallation and all tests
#   make test K=expr     only the tests that match
#   make clean           remove what the other targets made in this checkout

PYTHON ?= python3
SERVE ?= 1
PORT ?= 8069
K ?=

.PHONY: demo test clean

demo:
	@$(PYTHON) -m dev demo --port '$(PORT)' $(if $(filter 0,$(SERVE)),--no-serve)

test:
	@$(PYTHON) -m dev test $(if $(K),-k '$(K)')

clean:
	@$(PYTHON) -m dev clean

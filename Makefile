# Everything is done by the package dev/; see `python3 -m dev --help` for the other verbs.
#   make demo            set up, install with demo data, classify, serve on PORT
#   make demo SERVE=0    the same without serving
#   make test            linters, distributions, installation, demo, uninstallation, update and all tests
#   make test K=expr     only the tests that match
#   make dist            build wheel and source distribution into dist/
#   make bench N=30000   measure the classification of N customers; EXPLAIN=1 writes query plans
#   make clean           remove what the other targets made in this checkout

PYTHON ?= python3
SERVE ?= 1
PORT ?= 8069
K ?=
N ?= 300000
REPEAT ?= 3
EXPLAIN ?= 0

.PHONY: demo test dist bench clean

demo:
	@$(PYTHON) -m dev demo --port '$(PORT)' $(if $(filter 0,$(SERVE)),--no-serve)

test:
	@$(PYTHON) -m dev test $(if $(K),-k '$(K)')

dist:
	@$(PYTHON) -m dev dist

bench:
	@$(PYTHON) -m dev bench -n '$(N)' --repeat '$(REPEAT)' $(if $(filter 1,$(EXPLAIN)),--explain)

clean:
	@$(PYTHON) -m dev clean

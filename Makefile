# make run    set up and start posbot here, without a token or an account
# make test   set up and run the tests
.PHONY: setup run test lock clean

setup: .venv/.ready

.venv/.ready: pyproject.toml requirements.lock tools/setup.sh
	@sh tools/setup.sh

run: setup
	@.venv/bin/posbot run

test: setup
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/mypy
	@.venv/bin/posbot check
	@.venv/bin/pytest

lock:
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --extra photos --group dev \
		--no-annotate --no-header -o requirements.lock pyproject.toml

clean:
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

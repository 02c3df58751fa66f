# make run    set up and start posbot here, without a token or an account
# make test   set up and run the tests
# make fuzz   random chats, updates, knowledge files and texts, a minute each
# make soak   kill -9 and SIGTERM under load: nothing lost
# make faults Telegram with mixed faults: nothing lost
.PHONY: setup run test fuzz soak faults lock clean

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
	@.venv/bin/pytest -n 2

fuzz: setup
	@.venv/bin/python -m tests.fuzz --seconds 60

soak: setup
	@.venv/bin/python -m tests.soak kill --kills 100 --rate 50
	@.venv/bin/python -m tests.soak stop --kills 20 --rate 50

faults: setup
	@.venv/bin/pytest tests/test_telegram.py -k "failing or outage or blocked or pacing"

lock:
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --extra photos --extra postgres --group dev \
		--no-annotate --no-header -o requirements.lock pyproject.toml

clean:
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

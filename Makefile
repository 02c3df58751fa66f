# make run    set up and start posbot here, without a token or an account
# make test   set up and run the tests
# make long   the tests that take too long for every change: kills, power cuts, webhook and polling in turns
# make fuzz   random chats, updates, requests, knowledge files and texts, a minute each by three engines
# make soak   kill -9, SIGTERM, floods and long loads: nothing lost, nothing grows (about two hours)
# make faults Telegram and the disk with faults, an outage, power cuts: nothing lost
# make replicas  several posbots on one PostgreSQL, killed and cut off; throughput and cost of a message
# make audit  look for secrets in what git tracks; works offline
# make audit-dependencies  known holes in the packages that run; asks PyPI and fails if it cannot
.PHONY: setup run test long fuzz soak faults replicas lock audit audit-dependencies clean

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

long: setup
	@.venv/bin/pytest -m long
	@.venv/bin/pytest -n 2 --both tests/test_telegram.py tests/test_staff_group.py tests/test_support_desk.py tests/test_desk_work.py tests/test_web_chat.py tests/test_dialogues.py

fuzz: setup
	@.venv/bin/python -m tests.fuzz --engine all --seconds 60

soak: setup
	@.venv/bin/python -m tests.soak kill --kills 334 --rate 5
	@.venv/bin/python -m tests.soak kill --kills 333 --rate 50
	@.venv/bin/python -m tests.soak kill --kills 333 --rate 200
	@.venv/bin/python -m tests.soak stop --kills 200
	@.venv/bin/python -m tests.soak flood
	@.venv/bin/python -m tests.soak memory
	@.venv/bin/python -m tests.soak throughput

faults: setup
	@.venv/bin/python -m tests.soak faults
	@.venv/bin/python -m tests.soak.disk

replicas: setup
	@.venv/bin/python -m tests.soak replicas
	@.venv/bin/python -m tests.soak postgres-restart
	@.venv/bin/python -m tests.soak capacity

# requirements.lock: all there is here. -run: what the image runs. -build: what builds the wheel in the image.
COMPILE = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header

lock:
	@$(COMPILE) --extra photos --extra postgres --group dev -o requirements.lock pyproject.toml
	@$(COMPILE) --extra photos --extra postgres -c requirements.lock -o requirements-run.lock pyproject.toml
	@echo "hatchling>=1.27" | $(COMPILE) -c requirements.lock -o requirements-build.lock -

audit: setup
	@.venv/bin/python tools/audit.py

# In an environment of its own: the auditor's packages are not the project's. --strict: what cannot be asked fails.
PIP_AUDIT = 2.10.1

audit-dependencies: setup
	@.venv/bin/python -m venv .venv-audit
	@.venv-audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==$(PIP_AUDIT)
	@for lock in requirements-run.lock requirements-build.lock requirements.lock; do \
		.venv-audit/bin/pip-audit --strict --disable-pip --require-hashes --progress-spinner off -r $$lock || exit 1; done

clean:
	@rm -rf .venv .venv-audit .pytest_cache .mypy_cache .ruff_cache .hypothesis

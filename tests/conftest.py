"""What all tests share: fixed seeds, no display, and no silent skips in continuous integration."""

import os
import random
import signal
import threading

import hypothesis
import numpy as np
import pytest

os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("SKLEARN_SKIP_NETWORK_TESTS", "1")

IN_CI = os.environ.get("CI", "").lower() not in ("", "0", "false")

# A shell's background jobs inherit an ignored SIGINT, which Python leaves so: Ctrl-C tests would wait in vain.
if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples in every run: a failure can be repeated. Time limits would depend on the machine's load.
hypothesis.settings.register_profile("pauca", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("pauca")


@pytest.fixture(autouse=True)
def _fixed_global_seeds():
    """scikit-learn and users' code may draw from the global generators."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002


def _skipped_by_sklearn(excinfo) -> bool:
    """Whether the skip was raised inside scikit-learn's estimator checks, which leave out what does not apply."""
    entry = excinfo.traceback[-1] if excinfo is not None and excinfo.traceback else None
    return entry is not None and f"{os.sep}sklearn{os.sep}" in str(entry.path)


def _forbid_skip(report, excinfo) -> None:
    if IN_CI and report.skipped and not hasattr(report, "wasxfail") and not _skipped_by_sklearn(excinfo):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: skipped ({reason}); with CI set, a skipped test is a failure"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    excinfo = call.excinfo  # pytest replaces it for unittest.SkipTest
    report = yield
    _forbid_skip(report, excinfo)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    _forbid_skip(report, None)
    return report


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """Two worker processes of dask; a killed one has minutes to come back, as a busy machine takes more than 15 s."""
    import dask
    from distributed import Client, LocalCluster

    space = str(tmp_path_factory.mktemp("dask"))
    with (
        dask.config.set({"distributed.deploy.lost-worker-timeout": "300s"}),
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, local_directory=space
        ) as cluster,
        Client(cluster) as connection,
    ):
        yield connection

"""Which releases a project is judged by, and what that makes of its configs."""

from __future__ import annotations

from tests.end_to_end.conftest import Folder

CONFIG = """\
from transformers import KernelConfig

config = KernelConfig({"RMSNorm": {"mps": "kernels-community/mlx-rmsnorm:RMSNorm"}})
print(config)
"""
MPS = "src/train.py:3:36: KL104 `mps` is not a device of a kernel mapping before transformers 5.21"


def pyproject(*dependencies: str) -> str:
    listed = ", ".join(f'"{each}"' for each in dependencies)
    return f'[project]\nname = "x"\nversion = "1"\ndependencies = [{listed}]\n'


def test_nothing_is_said_of_the_releases(folder: Folder) -> None:
    folder.write({"src/train.py": CONFIG})
    run = folder.lint()
    assert (run.code, run.out) == (0, "Checked 1 file with 1 config: no problems found.\n")
    assert folder.report()["judged"] == {"transformers": ["5.23.0"], "kernels": ["0.17.2"]}


def test_what_only_older_releases_mind_is_a_warning_that_names_them(folder: Folder) -> None:
    folder.write(
        {
            "src/train.py": CONFIG,
            "pyproject.toml": pyproject("transformers[kernels]>=5.18,<5.23"),
        }
    )
    (found,) = folder.report()["diagnostics"]
    assert (found["code"], found["severity"]) == ("KL104", "warning")
    assert found["releases"] == {"transformers": ">=5.18,<5.21"}
    assert found["effect"] == (
        "with transformers >=5.18,<5.21, which pyproject.toml line 4 allows, "
        "`sanitize_kernel_mapping` raises ValueError: Only cuda, rocm, xpu, npu, neuron and tpu "
        "devices supported, got: mps"
    )
    assert found["related"] == [
        {
            "message": "these releases are allowed here",
            "path": "pyproject.toml",
            "start": {"line": 4, "column": 18},
            "end": {"line": 4, "column": 51},
        }
    ]


def test_a_lock_file_decides(folder: Folder) -> None:
    lock = '[[package]]\nname = "transformers"\nversion = "5.20.1"\n'
    files = {"src/train.py": CONFIG, "pyproject.toml": pyproject("transformers[kernels]>=5.0")}
    folder.write({**files, "uv.lock": lock})
    (found,) = folder.report()["diagnostics"]
    assert (found["code"], found["severity"]) == ("KL104", "error")
    folder.write({"uv.lock": lock.replace("5.20.1", "5.21.0")})
    assert folder.lint().code == 0


def test_each_part_of_a_monorepo_is_judged_by_its_own_requirements(folder: Folder) -> None:
    folder.write(
        {
            "old/pyproject.toml": pyproject("transformers[kernels]==5.20.2"),
            "old/src/train.py": CONFIG,
            "new/pyproject.toml": pyproject("transformers[kernels]==5.21.1"),
            "new/src/train.py": CONFIG,
        }
    )
    run = folder.lint()
    assert run.out == f"old/{MPS}\nChecked 2 files with 2 configs: 1 error.\n"
    assert folder.report()["judged"]["transformers"] == ["5.20.2", "5.21.1"]


def test_the_command_line_goes_before_all(folder: Folder) -> None:
    files = {"src/train.py": CONFIG, "pyproject.toml": pyproject("transformers[kernels]==5.20.2")}
    folder.write(files)
    assert folder.lint("src").out.startswith(MPS)
    assert folder.lint("--transformers", "5.21", "src").code == 0
    folder.write({"kernlint.toml": 'transformers = "5.21.1"\n'})
    assert folder.lint("src").code == 0
    shown = folder.run("--show-settings").out.splitlines()
    assert shown[-2:] == [
        "# judged: transformers 5.21.1 (kernlint.toml line 1)",
        "# judged: kernels 0.17.2 (the newest that transformers 5.21.1 asks for)",
    ]


def test_an_environment_is_looked_at(folder: Folder) -> None:
    site = "env/lib/python3.11/site-packages"
    folder.write(
        {
            "src/train.py": CONFIG,
            "env/pyvenv.cfg": "home = /usr/bin\nversion = 3.11.9\n",
            f"{site}/transformers-5.20.2.dist-info/METADATA": "Name: transformers\n",
        }
    )
    assert folder.lint("--python", "env", "src").out.startswith(MPS)
    run = folder.lint("--python", "nowhere", "src")
    assert (run.code, run.out) == (2, "")
    assert "nowhere" in run.err


def test_releases_without_a_config_are_told_once_for_each_import(folder: Folder) -> None:
    program = CONFIG + 'other = KernelConfig({"RMSNorm": "org/repo:Layer"})\n'
    folder.write({"train.py": program, "pyproject.toml": pyproject("transformers>=4.50,<4.58")})
    run = folder.lint("train.py")
    assert (run.code, run.out) == (
        1,
        (
            "train.py:1:26: KL502 transformers has no KernelConfig before 5.0\n"
            "Checked 1 file with 2 configs: 1 error.\n"
        ),
    )
    folder.write({"pyproject.toml": pyproject("transformers[kernels]>=4.50,<5.23")})
    codes = [found["code"] for found in folder.report("train.py")["diagnostics"]]
    severities = [found["severity"] for found in folder.report("train.py")["diagnostics"]]
    assert (codes, severities) == (["KL502", "KL104"], ["warning", "warning"])


def test_an_import_that_may_fail_is_no_finding(folder: Folder) -> None:
    guarded = CONFIG.replace(
        "from transformers import KernelConfig",
        "try:\n    from transformers import KernelConfig\nexcept ImportError:\n"
        "    KernelConfig = None",
    )
    folder.write({"train.py": guarded, "pyproject.toml": pyproject("transformers[kernels]>=4.50")})
    assert [found["code"] for found in folder.report("train.py")["diagnostics"]] == ["KL104"]


def test_a_dependency_file_that_cannot_be_read_is_told(folder: Folder) -> None:
    folder.write(
        {
            "src/train.py": CONFIG,
            "pyproject.toml": '[project]\ndependencies = ["transformers>=5"\n',
            "requirements.txt": "transformers[kernels]==5.20.2\n",
        }
    )
    run = folder.lint("src")
    assert run.out.startswith(MPS)
    assert run.err.startswith("warning: pyproject.toml:")
    assert run.err.count("\n") == 1


def test_pins_are_reported_where_the_paths_hold_them(folder: Folder) -> None:
    folder.write(
        {
            "src/train.py": CONFIG,
            "pyproject.toml": pyproject("transformers==5.22.2", "kernels==0.16.2"),
        }
    )
    pin = (
        "pyproject.toml:4:42: KL501 no kernels==0.16.2 fits: "
        "transformers 5.22 takes kernels>=0.17.2,<0.18.0\n"
    )
    assert folder.lint().out == f"{pin}Checked 1 file with 1 config: 1 error.\n"
    assert folder.lint("src").out == "Checked 1 file with 1 config: no problems found.\n"


def test_pins_of_a_project_without_kernels_are_not_looked_at(folder: Folder) -> None:
    folder.write(
        {
            "src/train.py": "import transformers\n",
            "pyproject.toml": pyproject("transformers==5.22.2", "kernels==0.16.2"),
        }
    )
    assert folder.lint().code == 0


def test_a_newer_transformers_than_is_known_is_told_once(folder: Folder) -> None:
    folder.write(
        {
            "a.py": CONFIG,
            "b.py": CONFIG,
            "pyproject.toml": pyproject("transformers[kernels]>=99"),
        }
    )
    run = folder.lint("a.py", "b.py")
    assert (run.code, run.err) == (
        0,
        (
            "warning: pyproject.toml line 4 asks for a newer transformers than kernlint knows; "
            "it is judged as 5.23.0\n"
        ),
    )

"""The dependencies in a setup.cfg."""

from __future__ import annotations

from pathlib import Path

from tests.catalog.projects import constraints, problems, quoted, said, write


def test_setup_cfg(tmp_path: Path) -> None:
    write(
        tmp_path,
        setup__cfg="""
            [metadata]
            name = transformers
            description = transformers>=1

            [options]
            # transformers>=2
            install_requires =
                torch
                # transformers>=3
                transformers>=5.10,<6 ; python_version > "3"
            tests_require =
                transformers<1

            [options.extras_require]
            hub =
                kernels>=0.15
            quick: kernels==0.16; transformers[kernels]
        """,
    )
    found = constraints(tmp_path)
    assert said(tmp_path) == [
        ("transformers", ">=5.10,<6", 'python_version > "3"'),
        ("transformers", "", "extra quick"),
        ("kernels", ">=0.15", "extra hub"),
        ("kernels", "==0.16", "extra quick"),
    ]
    assert quoted(tmp_path, found.transformers) == (
        "setup.cfg",
        10,
        'transformers>=5.10,<6 ; python_version > "3"',
    )
    assert quoted(tmp_path, found.statements[1]) == ("setup.cfg", 17, "transformers[kernels]")


def test_directive(tmp_path: Path) -> None:
    write(
        tmp_path,
        setup__cfg="[options]\ninstall_requires = file: transformers.txt\n",
        requirements__txt="transformers==5.1.0\n",
    )
    assert said(tmp_path) == [("transformers", "==5.1.0", "")]


def test_problems(tmp_path: Path) -> None:
    write(tmp_path, setup__cfg="[options]\ninstall_requires =\n  transformers=5\n  kernels>1\n")
    assert problems(tmp_path) == [
        ("setup.cfg", 3, "`transformers=5` is left out: it is not a valid requirement")
    ]
    assert said(tmp_path) == [("kernels", ">1", "")]


def test_no_configuration_file(tmp_path: Path) -> None:
    message = "not a valid configuration file"
    write(tmp_path, setup__cfg="transformers\n")
    assert problems(tmp_path) == [("setup.cfg", 1, message)]
    write(tmp_path, setup__cfg="[a]\nkernels = 1\nb\n")
    assert problems(tmp_path) == [("setup.cfg", 3, message)]
    write(tmp_path, setup__cfg="[a]\nkernels = 1\n[a]\n")
    assert problems(tmp_path) == [("setup.cfg", 3, message)]

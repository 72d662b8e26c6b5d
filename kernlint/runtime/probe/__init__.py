"""The probe: what the real libraries do with one config on one model.

It runs in the user's interpreter, in a process of its own, and stands alone: it imports nothing of
kernlint but itself, and is the only part that imports torch, transformers and kernels. It judges
nothing. Run as ``python PROBE_FOLDER JOB EVENTS``: JOB is a JSON file to read, EVENTS a file to
which it appends JSON objects, a line each, as soon as something is known.

The job::

    {"model": str, "config": CONFIG, "way": "set_use_kernels" | "from_pretrained",
     "device": "auto" | str, "mode": "inference" | "training", "compiled": bool,
     "trust_remote_code": bool, "execute": bool, "numerics": bool,
     "skip": [[pass, layer or null], ...]}

``CONFIG`` is ``{"attribute": "module:attr"}`` or ``{"mapping": VALUE, "use_local_kernel": bool,
"inherit_mapping": bool}``. A ``VALUE`` is a JSON scalar, ``{"tuple": [VALUE...]}``,
``{"list": [VALUE...]}``, ``{"set": [VALUE...]}`` or ``{"dict": [[VALUE, VALUE]...]}``.
``skip`` are steps that ended an earlier process: they are not begun again. A config that is an
attribute is a ``KernelConfig``, a mapping for one, or a callable that returns one of them.

The events, each with its kind as ``"event"``::

    start        pass, layer (or null): what is begun, so that a process that dies is explained
    environment  python, versions, kernels_available, registers, variables, device, accelerator,
                 capability
    model        name, parameters, modules, registered, notes
    config       layers (the names in the mapping), file (of an attribute's module, or null)
    strict       name, states, entry, excluded, stage, exception, kernel, classes, predicted
    together     states, exception, culprit, inherited
    execution    name, called, ran, exception, backward, device
    numerics     name, checked, skipped, max_abs_error, relative_error, mismatches, speedup
    failed       pass, exception: the pass could not be made at all
    done         seconds, peak_memory (bytes): always the last one

The fields are those of the types of the same name in ``kernlint/model/runtime.py``. A layer is
named by its key in the mapping; a key that is no text, by its ``repr``. ``strict`` starts with a
layer of null to get the config: where that fails, so does the pass.
"""

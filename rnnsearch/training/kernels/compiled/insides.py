"""All the private names of numba that the kernels use, which no release of numba promises to keep.

Each name is looked for before it is used, and the parameters of what is called, or put in the place
of numba's own, are held against how it is used here. With a release that has changed one of them
importing this fails with a line that names it, and networks are trained by torch's operations.
"""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

import numba

_USED = {
    "numba.core.caching": {
        "FunctionCache.load_overload": "self sig target_context",
        "FunctionCache.save_overload": "self sig data",
        "FunctionCache.flush": "self",
        "FunctionCache._index_key": "self sig codegen",
        "FunctionCache.__init__._py_func": "",
        "FunctionCache._impl_class": "",
        "CompileResultCacheImpl.filename_base": "",
        "CompileResultCacheImpl._locator_classes": "",
        "_CacheLocator.get_cache_path": "self",
        "_CacheLocator.get_source_stamp": "self",
        "_CacheLocator.get_disambiguator": "self",
        "_CacheLocator.from_function": "py_func py_file",
    },
    "numba.core.codegen": {
        "JITCodeLibrary.add_llvm_module": "self ll_module",
        "JITCodeLibrary.finalize": "self",
        "JITCodeLibrary._get_module_for_linking": "self",
        "JITCodeLibrary.add_linking_library": "self library",
        "JITCodeLibrary.get_function": "self name",
        "JITCodeLibrary._finalized": "",
        "JITCodeLibrary.__init__._final_module": "",
        "JITCodeLibrary.__init__._linking_libraries": "",
    },
    "numba.core.compiler": {
        "Flags.error_model": "",
        "Flags.no_compile": "",
        "Flags.no_cpython_wrapper": "",
        "Flags.no_cfunc_wrapper": "",
        "compile_internal": "typingctx targetctx library func args return_type flags locals",
    },
    "numba.core.registry": {"cpu_target.target_context": ""},
    "numba.core.typing": {"signature": "return_type"},
    "numba.core.typing.templates": {
        "infer_global": "val typ",
        "make_intrinsic_template": "handle defn name",
    },
    "numba.core.cgutils": {
        "for_range_slice": "builder start stop step intp",
        "alloca_once": "builder ty",
        "get_or_insert_function": "module fnty name",
        "unpack_tuple": "builder tup",
    },
    "numba.core.base": {
        "BaseContext.active_code_library": "",
        "BaseContext.call_internal_no_propagate": "self builder fndesc sig args",
        "BaseContext.get_dummy_value": "self",
    },
    "numba.core.dispatcher": {
        "Dispatcher.__init__._cache": "",
        "Dispatcher.__init__.py_func": "",
        "Dispatcher.compile": "self sig",
        "Dispatcher.get_overload": "self sig",
    },
    "numba.core.config": {"CACHE_DIR": "", "CPU_NAME": "", "CPU_FEATURES": ""},
    "numba.misc.appdirs": {"AppDirs.user_cache_dir": ""},
}
"""By module: what is used of it, and the first parameters of what is called. Behind `__init__` are
names that an instance has."""


def changed() -> str:
    """A sentence on the first name that numba lacks or has in another form; empty if there is
    none."""
    for module, names in _USED.items():
        for name, parameters in names.items():
            try:
                missing = not _is_there(import_module(module), name, parameters.split())
            except (ImportError, AttributeError):
                missing = True
            if missing:
                return f"numba {numba.__version__} has changed {module}.{name}"
    return ""


def _is_there(value: Any, name: str, parameters: list[str]) -> bool:
    owner, _, attribute = name.partition(".__init__.")
    for part in owner.split("."):
        value = getattr(value, part)
    if attribute:  # set in the code of a constructor, the class's own or of one above
        made = [vars(cls).get("__init__") for cls in value.__mro__]
        return any(attribute in one.__code__.co_names for one in made if hasattr(one, "__code__"))
    if not parameters:
        return True
    parameters_there = list(inspect.signature(value).parameters.values())
    rest = parameters_there[len(parameters) :]
    optional = all(
        one.default is not one.empty or one.kind > one.POSITIONAL_OR_KEYWORD for one in rest
    )
    return [one.name for one in parameters_there[: len(parameters)]] == parameters and optional


if _changed := changed():
    raise ImportError(_changed)

from numba.core import cgutils, config, typing  # noqa: E402
from numba.core.caching import CompileResultCacheImpl, FunctionCache  # noqa: E402
from numba.core.caching import _CacheLocator as CacheLocator  # noqa: E402
from numba.core.codegen import JITCodeLibrary  # noqa: E402
from numba.core.compiler import Flags, compile_internal  # noqa: E402
from numba.core.registry import cpu_target  # noqa: E402
from numba.core.typing.templates import infer_global, make_intrinsic_template  # noqa: E402
from numba.misc.appdirs import AppDirs  # noqa: E402

__all__ = [
    "AppDirs", "CacheLocator", "CompileResultCacheImpl", "Flags", "FunctionCache",
    "JITCodeLibrary", "cgutils", "compile_internal", "config", "cpu_target", "infer_global",
    "make_intrinsic_template", "typing",
]  # fmt: skip

"""Functions that become parts of an entry point and are optimised once, inside it.

numba takes each function that compiled code calls for a program of its own: whatever it calls is
linked into it, optimised and turned into machine code, again in each caller further up, and once
more for each literal among its arguments. The some sixty functions of `step_rnn_tanh` took 16.8 s
of processor time that way and take 4.0 s as parts; another cell in the same process takes 1.9 s,
since what the cells share is ready. The machine code is the faster one (by a sixth for an RNN of 16
units), since LLVM sees that no part ever fails, and which have one caller.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import llvmlite.binding
from numba import types
from numba.extending import intrinsic

from rnnsearch.training.kernels.compiled.insides import (
    Flags,
    JITCodeLibrary,
    compile_internal,
    cpu_target,
    infer_global,
    make_intrinsic_template,
    typing,
)

_Function = TypeVar("_Function", bound=Callable[..., Any])


def jit(function: _Function) -> _Function:
    """Callable from compiled code only; divisions follow IEEE, indices are not checked.

    It must not raise: nobody would look. Only the entry points are kept on disk (`cache.py`); what
    they call is part of them.
    """
    part: _Function = intrinsic(_definition(function))
    return part


def jit_apart(function: _Function) -> _Function:
    """As `jit`, for large functions that are called once an optimizer step: never inlined.

    One function out of all of them took LLVM twice as long, and was not faster.
    """
    part: _Function = intrinsic(_definition(function, attribute="noinline"))
    return part


def jit_inside(function: _Function) -> _Function:
    """As `jit`, for what an entry point itself calls: always inlined.

    Such a function's symbol can be seen from outside the entry point, and its name holds no more
    than the names of its arguments' types. Entry points that were compiled in different processes
    and are loaded from disk into one would share the first one's, were it called.
    """
    part: _Function = intrinsic(_definition(function, attribute="alwaysinline"))
    return part


def jit_and_python(function: _Function) -> _Function:
    """As `jit` from compiled code, and a plain function from Python."""
    template = make_intrinsic_template(function, _definition(function), function.__name__)
    infer_global(function, types.Function(template))
    return function


class _Part(JITCodeLibrary):  # type: ignore[misc] # numba is untyped
    """LLVM code that is neither optimised nor compiled until it is linked into an entry point."""

    def add_llvm_module(self, ll_module: Any) -> None:
        self._final_module.link_in(ll_module)

    def finalize(self) -> None:
        self._finalized = True

    def _get_module_for_linking(self) -> Any:
        """This part with all that it calls; any of that may be in several parts of an entry
        point."""
        whole = self._shareable()
        for library in self._called({}):
            part = isinstance(library, _Part)
            whole.link_in(
                library._shareable() if part else library._get_module_for_linking(),
                preserve=not part,
            )
        defined = {one.name for one in self._final_module.functions if not one.is_declaration}
        for function in whole.functions:
            if not function.is_declaration and function.name not in defined:
                function.linkage = "internal"
        return whole

    def _shareable(self) -> Any:
        """A copy whose functions may be defined more than once when it is linked."""
        module = self._final_module.clone()
        for function in module.functions:
            external = function.linkage == llvmlite.binding.Linkage.external
            if external and not function.is_declaration:
                function.linkage = "linkonce_odr"
        return module

    def _called(self, seen: dict[Any, None]) -> dict[Any, None]:
        """All libraries below this one; numba's defined (of `range`, `min`) are no parts."""
        for library in self._linking_libraries:
            if library not in seen:
                seen[library] = None
                if isinstance(library, _Part):
                    library._called(seen)
        return seen


def _definition(function: Callable[..., Any], *, attribute: str = "") -> Callable[..., Any]:
    """The function that numba asks for the type of a call, and for the instructions that make
    it."""
    compiled: dict[tuple[Any, ...], Any] = {}

    def definition(typing_context: Any, *arguments: Any) -> Any:
        kinds = tuple(types.unliteral(kind) for kind in arguments)
        if kinds not in compiled:
            compiled[kinds] = _compile(typing_context, function, kinds, attribute)
        done = compiled[kinds]

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            context.active_code_library.add_linking_library(done.library)
            _, value = context.call_internal_no_propagate(builder, done.fndesc, signature, values)
            return value

        return typing.signature(done.signature.return_type, *kinds), generate

    return named_after(function, definition, list(inspect.signature(function).parameters))


def named_after(
    function: Callable[..., Any], definition: Any, parameters: list[str]
) -> Callable[..., Any]:
    """A definition under a function's name, for numba to see with such parameters.

    numba reads the number of arguments from the signature; a bare *args would become a tuple.
    """
    names = ["typing_context", *parameters]
    definition.__signature__ = inspect.Signature(
        [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names]
    )
    definition.__name__, definition.__qualname__ = function.__name__, function.__qualname__
    return definition  # type: ignore[no-any-return]


def _compile(
    typing_context: Any, function: Callable[..., Any], kinds: tuple[Any, ...], attribute: str
) -> Any:
    flags = Flags()
    flags.error_model = "numpy"
    flags.no_compile = flags.no_cpython_wrapper = flags.no_cfunc_wrapper = True
    target = cpu_target.target_context
    part = _Part(target.codegen(), function.__name__)
    done = compile_internal(typing_context, target, part, function, kinds, None, flags, {})
    if attribute:
        part.get_function(done.fndesc.llvm_func_name).add_function_attribute(attribute)
    return done

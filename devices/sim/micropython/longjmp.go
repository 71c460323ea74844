package micropython

import (
	"context"
	"errors"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental/table"
)

// errLongjmp unwinds the interpreter's stack to the nearest invoke_ call, as
// setjmp and longjmp do in C.
var errLongjmp = errors.New("longjmp")

// invoker calls through the function table for the invoke_* imports, by which
// emscripten makes longjmp work. MicroPython makes one such call for nearly
// every operation of a Python program. wazero's own imports/emscripten builds
// a new function with its own stack each time, which costs five times as much
// as keeping them, so they are kept: one for each depth of recursion.
type invoker struct {
	idle      map[uint32][]api.Function
	stackGet  api.Function
	stackSet  api.Function
	setThrew  api.Function
	stackSlot [2]uint64
}

func newInvoker(mod api.Module) *invoker {
	return &invoker{
		idle:     map[uint32][]api.Function{},
		stackGet: mod.ExportedFunction("emscripten_stack_get_current"),
		stackSet: mod.ExportedFunction("_emscripten_stack_restore"),
		setThrew: mod.ExportedFunction("setThrew"),
	}
}

// exportLongjmp provides invoke_* and the throw that they catch.
func exportLongjmp(env wazero.HostModuleBuilder, guest wazero.CompiledModule) {
	for _, f := range guest.ImportedFunctions() {
		module, name, _ := f.Import()
		if module != "env" || !strings.HasPrefix(name, "invoke_") {
			continue
		}
		params, results := f.ParamTypes(), f.ResultTypes()
		env.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, mod api.Module, s []uint64) {
			machineOf(ctx).invoke.call(ctx, mod, s, params[1:], results)
		}), params, results).Export(name)
	}
	env.NewFunctionBuilder().WithFunc(func(context.Context) { panic(errLongjmp) }).Export("_emscripten_throw_longjmp")
}

// call calls the function at table index s[0] with the arguments that follow.
func (v *invoker) call(ctx context.Context, mod api.Module, s []uint64, params, results []api.ValueType) {
	index := uint32(s[0])
	copy(s, s[1:])
	saved := v.stackPointer(ctx)
	f := v.take(mod, index, params, results)
	err := f.CallWithStack(ctx, s)
	v.idle[index] = append(v.idle[index], f)
	if err == nil {
		return
	}
	if !errors.Is(err, errLongjmp) {
		panic(err)
	}
	v.restore(ctx, saved)
}

func (v *invoker) take(mod api.Module, index uint32, params, results []api.ValueType) api.Function {
	if free := v.idle[index]; len(free) > 0 {
		v.idle[index] = free[:len(free)-1]
		return free[len(free)-1]
	}
	return table.LookupFunction(mod, 0, index, params, results)
}

func (v *invoker) stackPointer(ctx context.Context) uint64 {
	v.must(ctx, v.stackGet)
	return v.stackSlot[0]
}

// restore puts the C stack back and tells the caller that a longjmp arrived.
func (v *invoker) restore(ctx context.Context, pointer uint64) {
	v.stackSlot[0] = pointer
	v.must(ctx, v.stackSet)
	v.stackSlot = [2]uint64{1, 0}
	v.must(ctx, v.setThrew)
}

func (v *invoker) must(ctx context.Context, f api.Function) {
	if err := f.CallWithStack(ctx, v.stackSlot[:]); err != nil {
		panic(err)
	}
}

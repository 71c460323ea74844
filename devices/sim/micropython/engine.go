package micropython

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"fotabench/assets"
	"fotabench/devices"
)

// memoryPages bounds one interpreter to 48 MiB (pages of 64 KiB; the build
// starts with 259). The Python heap proper is bounded by Options.Heap.
const memoryPages = 768

// engine is the compiled interpreter, one per process: compiling costs about a
// hundred times as much as starting one more instance.
type engine struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	pokes    interrupt
}

var sharedEngine = sync.OnceValues(newEngine)

// Available tells whether this program carries the interpreter; the error is of
// kind devices.Unsupported if not.
func Available() error {
	if _, err := assets.MicroPython(); err != nil {
		return &devices.Error{
			Op: "sim: interpreter", Kind: devices.Unsupported, Note: NoteNoInterpreter, Err: err,
		}
	}
	return nil
}

func newEngine() (*engine, error) {
	wasm, err := assets.MicroPython()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Available()
	}
	if err != nil {
		return nil, fmt.Errorf("sim: read interpreter: %w", err)
	}
	ctx := context.Background()
	// CloseOnContextDone makes every loop of the compiled code enter Go now and
	// then. Without it a Python program that spins could not be preempted, and
	// the garbage collector of the whole program would wait for it.
	config := wazero.NewRuntimeConfig().WithCloseOnContextDone(false).WithMemoryLimitPages(memoryPages).WithDebugInfoEnabled(false)
	e := &engine{runtime: wazero.NewRuntimeWithConfig(ctx, config)}
	if e.compiled, err = e.runtime.CompileModule(ctx, wasm); err != nil {
		return nil, fmt.Errorf("sim: compile interpreter: %w", err)
	}
	if err := e.provide(ctx); err != nil {
		return nil, fmt.Errorf("sim: provide imports: %w", err)
	}
	if err := e.calibrate(ctx); err != nil {
		return nil, fmt.Errorf("sim: calibrate interpreter: %w", err)
	}
	return e, nil
}

// provide instantiates the host modules. They hold no state: each call finds
// its machine in the context.
func (e *engine) provide(ctx context.Context) error {
	env := e.runtime.NewHostModuleBuilder("env")
	exportLongjmp(env, e.compiled)
	exportEnv(env)
	for _, f := range e.compiled.ImportedFunctions() {
		module, name, _ := f.Import()
		if module == "env" && isBridge(name) {
			env.NewFunctionBuilder().WithGoModuleFunction(absent(name), f.ParamTypes(), f.ResultTypes()).Export(name)
		}
	}
	if _, err := env.Instantiate(ctx); err != nil {
		return err
	}
	wasi := e.runtime.NewHostModuleBuilder("wasi_snapshot_preview1")
	exportWASI(wasi)
	_, err := wasi.Instantiate(ctx)
	return err
}

// absent is an import of the JavaScript bridge. There is no JavaScript here: a
// program that calls it stops the interpreter with a clear error.
func absent(name string) api.GoModuleFunc {
	return func(context.Context, api.Module, []uint64) {
		panic(fmt.Errorf("sim: the interpreter called %s, which this module has not", name))
	}
}

// bridge are the imports that only the jsffi module uses.
var bridge = map[string]bool{
	"call0": true, "call0_kwarg": true, "call1": true, "call2": true, "calln": true, "calln_kwarg": true,
	"create_promise": true, "has_attr": true, "js_check_existing": true, "js_get_error_info": true,
	"js_get_iter": true, "js_get_proxy_js_ref_info": true, "js_iter_next": true, "js_reflect_construct": true,
	"js_subscr_load": true, "js_subscr_store": true, "js_then_continue": true, "js_then_reject": true,
	"js_then_resolve": true, "lookup_attr": true, "store_attr": true,
	"proxy_convert_mp_to_js_then_js_to_js_then_js_to_mp_obj_jsside": true,
	"proxy_convert_mp_to_js_then_js_to_mp_obj_jsside":               true,
	"_abort_js": true,
}

func isBridge(name string) bool { return bridge[name] }

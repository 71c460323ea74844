package micropython

// File gives a file of the module's file system, as it is now.
func (m *Module) File(name string) ([]byte, bool) { return m.disk.get(name) }

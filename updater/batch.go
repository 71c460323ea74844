package updater

import "database/sql"

// batch is a transaction in which a statement is parsed once, however often it is run: where
// many records are written, parsing costs more than writing.
type batch struct {
	tx    *sql.Tx
	known map[string]*sql.Stmt // closed with the transaction
}

func newBatch(tx *sql.Tx) *batch { return &batch{tx, make(map[string]*sql.Stmt)} }

// prepared is the statement of query.
func (b *batch) prepared(query string) (*sql.Stmt, error) {
	s := b.known[query]
	if s == nil {
		var err error
		if s, err = b.tx.Prepare(query); err != nil {
			return nil, err
		}
		b.known[query] = s
	}
	return s, nil
}

// Exec runs a statement that gives no rows.
func (b *batch) Exec(query string, args ...any) error {
	s, err := b.prepared(query)
	if err == nil {
		_, err = s.Exec(args...)
	}
	return err
}

// Row reads the one row of a query; sql.ErrNoRows without one.
func (b *batch) Row(query string, args []any, to ...any) error {
	s, err := b.prepared(query)
	if err != nil {
		return err
	}
	return s.QueryRow(args...).Scan(to...)
}

package rest

import (
	"encoding/base64"
	"slices"

	"webplug/domain"
	"webplug/projections"
)

// Lists that are folded from one trail are paged here: their cursor is the key of the last row shown.

// pageOf cuts a page of the rows that are to be kept. A limit of 0 takes all.
func pageOf[T any](rows []T, p projections.PageRequest, key func(T) string, keep func(T) bool) (projections.Page[T], error) {
	if p.Cursor != "" {
		last, err := base64.RawURLEncoding.DecodeString(p.Cursor)
		after := slices.IndexFunc(rows, func(r T) bool { return key(r) == string(last) })
		if err != nil || after < 0 {
			return projections.Page[T]{}, domain.Refuse(domain.Invalid, "cursor", "is not a cursor of this list")
		}
		rows = rows[after+1:]
	}
	var page projections.Page[T]
	for _, r := range rows {
		if !keep(r) {
			continue
		}
		if p.Limit > 0 && len(page.Data) == p.Limit {
			page.Next = base64.RawURLEncoding.EncodeToString([]byte(key(page.Data[p.Limit-1])))
			break
		}
		page.Data = append(page.Data, r)
	}
	return page, nil
}

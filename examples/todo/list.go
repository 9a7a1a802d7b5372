package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// maxPage is how many todos one answer holds at most.
const maxPage = 500

// list: GET /api/todos?limit=100&before=ID&done=true. The next page is named in a
// Link header.
func (a *API) list(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	page, err := pageOf(query)
	if err != nil {
		return err
	}
	todos, more, err := a.Store.List(r.Context(), page)
	if err != nil {
		return err
	}
	if more {
		query.Set("before", strconv.FormatInt(todos[len(todos)-1].ID, 10))
		w.Header().Set("Link", fmt.Sprintf(`</api/todos?%s>; rel="next"`, query.Encode()))
	}
	return reply(w, http.StatusOK, todos)
}

func pageOf(query url.Values) (p Page, err error) {
	p.Limit = 100
	if s := query.Get("limit"); s != "" {
		if p.Limit, err = strconv.Atoi(s); err != nil || p.Limit < 1 || p.Limit > maxPage {
			return p, problem(http.StatusBadRequest, "limit must be a number from 1 to %d", maxPage)
		}
	}
	if s := query.Get("before"); s != "" {
		if p.Before, err = positive(s); err != nil {
			return p, problem(http.StatusBadRequest, "before must be the id of a todo")
		}
	}
	if s := query.Get("done"); s != "" {
		done, err := strconv.ParseBool(s)
		if err != nil {
			return p, problem(http.StatusBadRequest, "done must be true or false")
		}
		p.Done = &done
	}
	return p, nil
}

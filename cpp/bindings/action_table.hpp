#pragma once
#include <pybind11/pybind11.h>

#include <string>

#include "e2tad/core/files/actions.hpp"

/// Labels and answers that Python already holds parsed. Cells become text as a CSV file of them would have
/// it: a whole float is written without its ".0", None and NaN are empty.
namespace e2tad::python {

/// @param rows    dicts of column name -> cell, or lists the first of which is the header.
/// @param source  stands for the file in errors: "answer".
/// @throws InputError naming the row (from 0, without the header) and the column.
files::ActionTable table_from_rows(const pybind11::list &rows, const std::string &source);

/// @param names    column names.
/// @param columns  as many lists, or C-contiguous int64 arrays, of one length.
files::ActionTable table_from_columns(const std::vector<std::string> &names, const pybind11::list &columns,
                                      const std::string &source);

}  // namespace e2tad::python

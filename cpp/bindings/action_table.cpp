#include "action_table.hpp"

#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "e2tad/core/error.hpp"
#include "e2tad/core/files/text.hpp"
#include "numpy.hpp"

namespace e2tad::python {

namespace py = pybind11;

namespace {

constexpr double kIntegerLimit = 1e18;  // as files::parse_integer

/// The UTF-8 of a str; the view holds as long as the str and `owner`. Lone surrogates, which UTF-8 lacks,
/// pass as they are: to a comparison they are text like any other.
std::string_view utf8(PyObject *text, py::object &owner) {
    Py_ssize_t size = 0;
    if (const char *data = PyUnicode_AsUTF8AndSize(text, &size))
        return {data, static_cast<std::size_t>(size)};
    PyErr_Clear();
    owner = py::reinterpret_steal<py::object>(PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass"));
    if (!owner) throw py::error_already_set();
    return {PyBytes_AS_STRING(owner.ptr()), static_cast<std::size_t>(PyBytes_GET_SIZE(owner.ptr()))};
}

std::string text_of(py::handle value) {
    py::object owner;
    const py::str text(value);
    return std::string(files::trimmed(utf8(text.ptr(), owner)));
}

/// The integer that a number object is, whatever its type; none for text, None, and other numbers.
std::optional<std::int64_t> integer_of(PyObject *value) {
    if (PyLong_CheckExact(value)) {
        int overflow = 0;
        const long long wide = PyLong_AsLongLongAndOverflow(value, &overflow);
        const bool fits = overflow == 0 && std::abs(static_cast<double>(wide)) <= kIntegerLimit;
        return fits ? std::optional<std::int64_t>(wide) : std::nullopt;
    }
    if (PyFloat_Check(value)) {
        const double number = PyFloat_AS_DOUBLE(value);
        const bool fits = std::abs(number) <= kIntegerLimit && number == std::trunc(number);
        return fits ? std::optional<std::int64_t>(static_cast<std::int64_t>(number)) : std::nullopt;
    }
    if (PyBool_Check(value) || PyUnicode_Check(value) || value == Py_None) return std::nullopt;
    // NumPy's scalars, Decimal and their like: by what they say they convert to.
    const PyNumberMethods *number = Py_TYPE(value)->tp_as_number;
    const bool is_integer = number != nullptr && number->nb_index != nullptr;
    if (!is_integer && (number == nullptr || number->nb_float == nullptr)) return std::nullopt;
    PyObject *made = is_integer ? PyNumber_Index(value) : PyNumber_Float(value);
    if (made == nullptr) {
        PyErr_Clear();
        return std::nullopt;
    }
    const auto plain = py::reinterpret_steal<py::object>(made);
    // An int subclass that gives itself back would never end.
    if (!PyLong_CheckExact(made) && !PyFloat_CheckExact(made)) return std::nullopt;
    return integer_of(made);
}

bool is_missing(PyObject *value) {
    return value == nullptr || value == Py_None ||
           (PyFloat_Check(value) && std::isnan(PyFloat_AS_DOUBLE(value)));
}

/// One row's cells into the table; a null cell is one that the row lacks.
class TableBuilder {
  public:
    TableBuilder(const std::vector<std::string> &header, std::string source) : source_(std::move(source)) {
        auto columns = files::ActionColumns::of(header);
        if (!columns) {
            std::string names;
            for (const std::string &name : header) names += (names.empty() ? "" : ",") + name;
            throw InputError(source_ + ": no column frame, the columns are " + files::in_quotes(names));
        }
        columns_ = std::move(*columns);
        table_.balls = columns_.balls;
    }

    void reserve(std::size_t rows) {
        table_.frame.reserve(rows);
        table_.cells.reserve(rows * table_.balls.size());
    }

    [[nodiscard]] const files::ActionColumns &columns() const { return columns_; }
    void add_frame(PyObject *value) { table_.frame.push_back(frame_of(value)); }
    void add_cell(PyObject *value) { table_.cells.push_back(code_of(value)); }
    void add_row(const std::vector<PyObject *> &cells) {
        add_frame(cells[columns_.frame]);
        for (const std::size_t column : columns_.column) add_cell(cells[column]);
    }
    [[nodiscard]] std::int64_t frame_of(PyObject *value) const {
        if (!is_missing(value)) {
            py::object owner;
            const auto frame =
                PyUnicode_Check(value) ? files::parse_integer(utf8(value, owner)) : integer_of(value);
            if (frame) return *frame;
        }
        const std::string got = value == nullptr ? "none" : files::in_quotes(text_of(value));
        throw InputError(where() + ", frame: expected an integer, got " + got);
    }
    [[nodiscard]] std::int64_t code_of(PyObject *value) {
        if (is_missing(value)) return files::CellCodes::kEmpty;
        if (PyUnicode_Check(value)) {
            py::object owner;
            return table_.codes.encode(files::trimmed(utf8(value, owner)));
        }
        // 1e18 itself has 19 digits: codes hold 18.
        const auto number = integer_of(value);
        if (number && std::abs(*number) < static_cast<std::int64_t>(kIntegerLimit)) return *number;
        return table_.codes.encode(text_of(value));
    }
    [[nodiscard]] files::ActionTable &table() { return table_; }
    [[nodiscard]] std::string where() const { return source_ + ": row " + std::to_string(table_.rows()); }

  private:
    std::string source_;
    files::ActionColumns columns_;
    files::ActionTable table_;
};

/// The keys of dict rows as columns, in the order in which they first occur.
struct Keys {
    py::dict index;                ///< Key -> column.
    std::vector<PyObject *> keys;  ///< Borrowed from `index`.

    /// The keys of the first `count` rows.
    Keys(const py::list &rows, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            walk(PyList_GET_ITEM(rows.ptr(), static_cast<py::ssize_t>(i)),
                 [this](std::size_t, PyObject *key, PyObject *) {
                     if (index.contains(key)) return;
                     index[key] = keys.size();
                     keys.push_back(key);
                 });
        }
    }
    /// Calls visit(column, key, value) for each item; column is keys.size() for a key not seen before.
    template <class Visit>
    void walk(PyObject *row, const Visit &visit) const {
        Py_ssize_t position = 0;
        std::size_t place = 0;
        PyObject *key = nullptr;
        PyObject *value = nullptr;
        while (PyDict_Next(row, &position, &key, &value) != 0) {
            // Rows mostly have the same keys, the same objects, in the same order.
            if (place < keys.size() && keys[place] == key) {
                visit(place++, key, value);
                continue;
            }
            ++place;
            visit(index.contains(key) ? index[key].template cast<std::size_t>() : keys.size(), key, value);
        }
    }
};

/// @return none if a row has a key that isn't in `keys`.
std::optional<files::ActionTable> table_from_dicts(const py::list &rows, const std::string &source,
                                                   const Keys &keys) {
    std::vector<std::string> header;
    for (PyObject *key : keys.keys) header.push_back(text_of(key));
    TableBuilder builder(header, source);
    builder.reserve(rows.size());
    std::vector<PyObject *> cells(header.size());
    bool known = true;
    for (const py::handle row : rows) {
        std::fill(cells.begin(), cells.end(), nullptr);
        keys.walk(row.ptr(), [&cells, &known](std::size_t column, PyObject *, PyObject *value) {
            if (column < cells.size()) {
                cells[column] = value;
            } else {
                known = false;
            }
        });
        if (!known) return std::nullopt;
        builder.add_row(cells);
    }
    return std::move(builder.table());
}

files::ActionTable table_from_dicts(const py::list &rows, const std::string &source) {
    // Nearly always the first row has every column; else the columns are gathered from all rows first.
    if (auto table = table_from_dicts(rows, source, Keys(rows, 1))) return std::move(*table);
    return *table_from_dicts(rows, source, Keys(rows, rows.size()));
}

bool is_sequence(py::handle row) {
    return PyList_Check(row.ptr()) != 0 || PyTuple_Check(row.ptr()) != 0;
}

files::ActionTable table_from_lists(const py::list &rows, const std::string &source) {
    std::vector<std::string> header;
    for (const py::handle cell : rows[0]) header.push_back(text_of(cell));
    TableBuilder builder(header, source);
    builder.reserve(rows.size() - 1);
    std::vector<PyObject *> cells(header.size());
    for (std::size_t i = 1; i < rows.size(); ++i) {
        PyObject *row = PyList_GET_ITEM(rows.ptr(), static_cast<py::ssize_t>(i));
        const auto size = static_cast<std::size_t>(PySequence_Fast_GET_SIZE(row));
        PyObject **items = PySequence_Fast_ITEMS(row);
        for (std::size_t k = 0; k < cells.size(); ++k) cells[k] = k < size ? items[k] : nullptr;
        builder.add_row(cells);
    }
    return std::move(builder.table());
}

}  // namespace

files::ActionTable table_from_rows(const py::list &rows, const std::string &source) {
    if (rows.empty()) return {};
    const bool dicts = PyDict_Check(PyList_GET_ITEM(rows.ptr(), 0)) != 0;
    std::size_t index = 0;
    for (const py::handle row : rows) {
        if (dicts ? PyDict_Check(row.ptr()) == 0 : !is_sequence(row)) {
            throw InputError(source +
                             ": expected rows that are all dicts, or all lists with the header first; " +
                             "element " + std::to_string(index) + " is a " + Py_TYPE(row.ptr())->tp_name);
        }
        ++index;
    }
    return dicts ? table_from_dicts(rows, source) : table_from_lists(rows, source);
}

files::ActionTable table_from_columns(const std::vector<std::string> &names, const py::list &columns,
                                      const std::string &source) {
    if (names.size() != columns.size()) {
        throw InputError(source + ": expected as many columns as names, got " +
                         std::to_string(columns.size()) + " for " + std::to_string(names.size()));
    }
    TableBuilder builder(names, source);
    files::ActionTable &table = builder.table();
    const std::size_t rows = py::len(columns[builder.columns().frame]);
    const std::size_t balls = table.balls.size();
    // Calls visit(row, number) for arrays, visit(row, object) for lists.
    const auto walk = [&](std::size_t column, const auto &visit) {
        const py::object values = columns[column];
        const std::string name = source + ": column " + files::printable(names[column], 40);
        if (py::len(values) != rows) {
            throw InputError(name + ": expected " + std::to_string(rows) + " cells, got " +
                             std::to_string(py::len(values)));
        }
        if (py::isinstance<py::array>(values)) {
            const auto array = values.cast<py::array>();
            const std::int64_t *data = borrow<std::int64_t>(array, name.c_str(), {kAny});
            for (std::size_t row = 0; row < rows; ++row) visit(row, data[row]);
        } else {
            const auto list = values.cast<py::list>();
            for (std::size_t row = 0; row < rows; ++row) {
                visit(row, PyList_GET_ITEM(list.ptr(), static_cast<py::ssize_t>(row)));
            }
        }
    };
    table.frame.reserve(rows);
    walk(builder.columns().frame, [&](std::size_t, auto value) {
        if constexpr (std::is_same_v<decltype(value), std::int64_t>) {
            if (std::abs(static_cast<double>(value)) > kIntegerLimit) {
                throw InputError(builder.where() + ", frame: expected an integer within 1e18");
            }
            table.frame.push_back(value);
        } else {
            builder.add_frame(value);
        }
    });
    table.cells.resize(rows * balls);
    for (std::size_t ball = 0; ball < balls; ++ball) {
        walk(builder.columns().column[ball], [&](std::size_t row, auto value) {
            std::int64_t &cell = table.cells[row * balls + ball];
            if constexpr (std::is_same_v<decltype(value), std::int64_t>) {
                const bool plain = std::abs(static_cast<double>(value)) < kIntegerLimit;
                cell = plain ? value : table.codes.encode(std::to_string(value));
            } else {
                cell = builder.code_of(value);
            }
        });
    }
    return std::move(table);
}

}  // namespace e2tad::python

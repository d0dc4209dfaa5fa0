#include <pybind11/numpy.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <filesystem>
#include <memory>
#include <stdexcept>

#include "action_table.hpp"
#include "bindings.hpp"
#include "e2tad/core/files/actions.hpp"
#include "e2tad/core/files/init.hpp"
#include "e2tad/core/files/mot.hpp"
#include "e2tad/core/files/person_ids.hpp"
#include "e2tad/core/files/tracks.hpp"
#include "init_rows.hpp"
#include "numpy.hpp"

namespace e2tad::python {

namespace py = pybind11;
namespace fs = std::filesystem;
using namespace pybind11::literals;
using Release = py::call_guard<py::gil_scoped_release>;  // the guarded functions touch no Python object

std::vector<files::InitRow> init_rows(const py::array &frame, const py::array &object_class,
                                      const py::array &id, const py::array &share) {
    const std::int32_t *frames = borrow<std::int32_t>(frame, "frame", {kAny});
    const py::ssize_t n = frame.shape(0);
    const std::int32_t *classes = borrow<std::int32_t>(object_class, "object_class", {n});
    const std::int32_t *ids = borrow<std::int32_t>(id, "id", {n});
    const double *shares = borrow<double>(share, "share", {n, 4});
    std::vector<files::InitRow> rows;
    for (py::ssize_t i = 0; i < n; ++i) {
        const double *s = shares + 4 * i;
        rows.push_back({frames[i], static_cast<ObjectClass>(classes[i]), ids[i], s[0], s[1], s[2], s[3]});
    }
    return rows;
}

namespace {

py::tuple init_columns(const std::vector<files::InitRow> &rows) {
    std::vector<std::int32_t> frame;
    std::vector<std::int32_t> object_class;
    std::vector<std::int32_t> id;
    std::vector<double> share;
    for (const files::InitRow &row : rows) {
        frame.push_back(row.frame);
        object_class.push_back(static_cast<std::int32_t>(row.object_class));
        id.push_back(row.id);
        share.insert(share.end(), {row.center_x, row.center_y, row.width, row.height});
    }
    const auto n = static_cast<py::ssize_t>(rows.size());
    return py::make_tuple(give(std::move(frame)), give(std::move(object_class)), give(std::move(id)),
                          give(std::move(share), {n, 4}));
}

files::BoxForm box_form(const std::string &form) {
    if (form == "ltrb") return files::BoxForm::kLtrb;
    if (form == "ltwh") return files::BoxForm::kLtwh;
    throw py::value_error("form: expected ltrb or ltwh, got " + form);
}

void bind_track_files(py::module_ &m) {
    m.def(
        "read_track_folder",
        [](const fs::path &folder) {
            return std::make_shared<Tracks>(files::read_track_folder(folder.string()));
        },
        "folder"_a, Release(), "One NNNNNN.json a frame -> Tracks; see e2tad.data.load_tracks.");
    m.def(
        "write_track_folder",
        [](const Tracks &tracks, const fs::path &folder, const std::string &form) {
            files::write_track_folder(tracks, folder.string(), box_form(form));
        },
        "tracks"_a, "folder"_a, "form"_a, Release(), "See e2tad.data.write_tracks.");
    m.def(
        "read_mot",
        [](const fs::path &path, std::int32_t person_class, std::int32_t ball_class,
           std::int32_t frame_count) {
            return std::make_shared<Tracks>(
                files::read_mot(path.string(), {person_class, ball_class}, frame_count));
        },
        "path"_a, "person_class"_a, "ball_class"_a, "frame_count"_a, Release(),
        "See e2tad.data.motchallenge.load.");
    m.def(
        "write_mot",
        [](const Tracks &tracks, const fs::path &path, std::int32_t person_class, std::int32_t ball_class) {
            files::write_mot(tracks, path.string(), {person_class, ball_class});
        },
        "tracks"_a, "path"_a, "person_class"_a, "ball_class"_a, Release(),
        "See e2tad.data.motchallenge.write.");
    m.def(
        "rename_persons",
        [](const Tracks &tracks, const std::vector<std::int32_t> &old_ids,
           const std::vector<std::int32_t> &new_ids) {
            if (old_ids.size() != new_ids.size()) {
                throw std::invalid_argument("new_ids: expected as many as old_ids");
            }
            files::PersonIds ids;
            for (std::size_t i = 0; i < old_ids.size(); ++i) ids[old_ids[i]] = new_ids[i];
            return std::make_shared<Tracks>(files::rename_persons(tracks, ids));
        },
        "tracks"_a, "old_ids"_a, "new_ids"_a, Release(), "See e2tad.data.rename_persons.");
    m.def("parse_person_ids", &files::parse_person_ids, "text"_a, "\"FROM=TO,...\" -> {from: to}.");
    m.def("lpcvc21_person_ids", &files::lpcvc21_person_ids, "video"_a,
          "Person ids of an LPCVC-2021 sample's tracks -> those of its labels; see e2tad.data.lpcvc21.");
}

void bind_init_files(py::module_ &m) {
    m.def(
        "read_init_csv",
        [](const fs::path &path) {
            std::vector<files::InitRow> rows;
            {
                const py::gil_scoped_release nogil;
                rows = files::read_init_csv(path.string());
            }
            return init_columns(rows);
        },
        "path"_a, "-> frame, object_class, id, share (N, 4); see e2tad.data.load_init.");
    m.def(
        "write_init_csv",
        [](const fs::path &path, const py::array &frame, const py::array &object_class, const py::array &id,
           const py::array &share) {
            const auto rows = init_rows(frame, object_class, id, share);
            const py::gil_scoped_release nogil;
            files::write_init_csv(rows, path.string());
        },
        "path"_a, "frame"_a, "object_class"_a, "id"_a, "share"_a, "See e2tad.data.write_init.");
    m.def(
        "init_tracks",
        [](const py::array &frame, const py::array &object_class, const py::array &id, const py::array &share,
           std::int32_t frame_width, std::int32_t frame_height) {
            const auto rows = init_rows(frame, object_class, id, share);
            const py::gil_scoped_release nogil;
            return std::make_shared<Tracks>(files::init_tracks(rows, frame_width, frame_height));
        },
        "frame"_a, "object_class"_a, "id"_a, "share"_a, "frame_width"_a, "frame_height"_a,
        "Shares of the frame -> Tracks in pixels; see e2tad.data.Init.tracks.");
    m.def(
        "init_columns",
        [](const Tracks &tracks, std::int32_t frame_width, std::int32_t frame_height) {
            return init_columns(files::init_rows(tracks, frame_width, frame_height));
        },
        "tracks"_a, "frame_width"_a, "frame_height"_a, "init_tracks undone; see e2tad.data.Init.");
}

void bind_action_files(py::module_ &m) {
    using files::ActionTable;
    py::class_<ActionTable, std::shared_ptr<ActionTable>>(
        m, "ActionTable", "Rows of labels or of an answer; see e2tad.data.ActionTable.")
        .def_property_readonly(
            "frame", [](const ActionTable &t) { return give(std::vector<std::int64_t>(t.frame)); },
            "(N,) int64, in file order.")
        .def_readonly("balls", &ActionTable::balls, "Ball numbers, as text, in the order of the columns.")
        .def_property_readonly(
            "person",
            [](const ActionTable &t) {
                std::vector<std::int32_t> person;
                person.reserve(t.cells.size());
                for (const std::int64_t code : t.cells) person.push_back(files::CellCodes::person(code));
                return give(std::move(person),
                            {static_cast<py::ssize_t>(t.rows()), static_cast<py::ssize_t>(t.balls.size())});
            },
            "(N, balls) int32: who holds the ball; 0 nobody, -1 where the cell is no person's id.")
        .def(
            "cell",
            [](const ActionTable &t, std::size_t row, std::size_t ball) {
                if (row >= t.rows() || ball >= t.balls.size()) throw py::index_error("no such cell");
                return t.codes.text(t.cell(row, ball));
            },
            "row"_a, "ball"_a, "The text of a cell.")
        .def("__len__", &ActionTable::rows);
    m.def(
        "read_actions",
        [](const fs::path &path) {
            return std::make_shared<ActionTable>(files::read_actions(path.string()));
        },
        "path"_a, Release(), "See e2tad.data.load_labels.");
    m.def(
        "write_actions",
        [](const ActionTable &table, const fs::path &path) { files::write_actions(table, path.string()); },
        "table"_a, "path"_a, Release(), "See e2tad.data.write_actions.");
    m.def(
        "actions_from_rows",
        [](const py::list &rows, const std::string &source) {
            return std::make_shared<ActionTable>(table_from_rows(rows, source));
        },
        "rows"_a, "source"_a, "Dicts, or lists with the header first -> ActionTable.");
    m.def(
        "actions_from_columns",
        [](const std::vector<std::string> &names, const py::list &columns, const std::string &source) {
            return std::make_shared<ActionTable>(table_from_columns(names, columns, source));
        },
        "names"_a, "columns"_a, "source"_a, "Lists or int64 arrays, one a column -> ActionTable.");
}

}  // namespace

void bind_files(py::module_ &m) {
    bind_track_files(m);
    bind_init_files(m);
    bind_action_files(m);
}

}  // namespace e2tad::python

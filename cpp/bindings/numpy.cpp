#include "numpy.hpp"

namespace e2tad::python {

namespace py = pybind11;

std::string shape_text(std::initializer_list<py::ssize_t> shape) {
    std::string text = "(";
    const char *free_names[] = {"N", "M", "K", "L"};
    std::size_t next_name = 0;
    for (const py::ssize_t extent : shape) {
        if (text.size() > 1) text += ", ";
        text += extent == kAny ? free_names[next_name++ % 4] : std::to_string(extent);
    }
    return text + (shape.size() == 1 ? ",)" : ")");
}

void check_array(const py::array &array, const char *name, const py::dtype &dtype,
                 std::initializer_list<py::ssize_t> shape) {
    bool fits = array.ndim() == static_cast<py::ssize_t>(shape.size());
    if (fits) {
        py::ssize_t axis = 0;
        for (const py::ssize_t extent : shape) {
            fits = fits && (extent == kAny || array.shape(axis) == extent);
            ++axis;
        }
    }
    const bool contiguous = (array.flags() & py::array::c_style) != 0;
    if (fits && contiguous && array.dtype().is(dtype)) return;
    // Equal dtypes need not be the same object (byte order aliases), so ask NumPy before refusing.
    if (fits && contiguous && array.dtype().equal(dtype)) return;
    std::string got = "(";
    for (py::ssize_t axis = 0; axis < array.ndim(); ++axis) {
        got += (axis ? ", " : "") + std::to_string(array.shape(axis));
    }
    got += array.ndim() == 1 ? ",)" : ")";
    throw py::value_error(std::string(name) + ": expected C-contiguous " +
                          py::str(static_cast<py::object>(dtype)).cast<std::string>() + " of shape " +
                          shape_text(shape) + ", got " + (contiguous ? "" : "non-contiguous ") +
                          py::str(static_cast<py::object>(array.dtype())).cast<std::string>() + " " + got);
}

py::array_t<float> give_boxes(std::vector<Box> &&boxes) {
    const auto n = static_cast<py::ssize_t>(boxes.size());
    auto *owned = new std::vector<Box>(std::move(boxes));
    py::capsule base(owned, [](void *p) { delete static_cast<std::vector<Box> *>(p); });
    return py::array_t<float>({n, py::ssize_t{4}}, reinterpret_cast<const float *>(owned->data()), base);
}

std::span<const Box> borrow_boxes(const py::array &array, const char *name) {
    const auto *rows = reinterpret_cast<const Box *>(borrow<float>(array, name, {kAny, 4}));
    return {rows, static_cast<std::size_t>(array.shape(0))};
}

}  // namespace e2tad::python

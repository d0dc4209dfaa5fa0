"""The contest's accuracy, transcribed plainly from the words of its conventions."""

import re


def read_rows(text: str) -> tuple[list[str], list[list[str]]]:
    """Header and rows of a CSV text without quotes; cells are trimmed, blank lines skipped."""
    lines = [line for line in text.split("\n") if line.strip()]
    rows = [[cell.strip() for cell in line.split(",")] for line in lines]
    return rows[0], rows[1:]


def columns_of(header: list[str]) -> tuple[int, dict[str, int]]:
    """Where the frame stands, and each ball's column; of two of one name or number the last counts."""
    names = [name.lower() for name in header]
    balls = {}
    frame = -1
    for place, name in enumerate(names):
        number = re.match("[0-9]+", name)
        if name == "frame":
            frame = place
        elif number:
            balls[str(int(number.group()))] = place
    if frame < 0:
        raise ValueError("no column frame")
    return frame, balls


def cell(row: list[str], place: int) -> str:
    """A row may be shorter than its header."""
    return row[place] if place < len(row) else ""


def accuracy(answer_text: str, labels_text: str, threshold: int = 10) -> dict[str, float]:
    """accuracy = sum_i(correct_i / total_i) / (TP + 0.5 (FP + FN))."""
    answer_header, answer_rows = read_rows(answer_text)
    label_header, label_rows = read_rows(labels_text)
    answer_frame, answer_balls = columns_of(answer_header)
    label_frame, label_balls = columns_of(label_header)
    for rows, place in ((answer_rows, answer_frame), (label_rows, label_frame)):
        for row in rows:
            int(cell(row, place))  # a frame that is no integer is an error, wherever it stands

    cursor = 0
    matched = 0
    total = 0.0
    for row in answer_rows:
        f = int(cell(row, answer_frame))
        left = None
        while cursor < len(label_rows) and int(cell(label_rows[cursor], label_frame)) <= f:
            left = label_rows[cursor]
            cursor += 1
        right = label_rows[cursor] if cursor < len(label_rows) else None
        if left is not None and f - int(cell(left, label_frame)) <= threshold:
            match = left
        elif right is not None and int(cell(right, label_frame)) - f <= threshold:
            match = right
            cursor += 1
        else:
            continue
        matched += 1
        if label_balls:
            correct = 0
            for ball, place in label_balls.items():
                if ball in answer_balls and cell(row, answer_balls[ball]) == cell(match, place):
                    correct += 1
            total += correct / len(label_balls)
    tp = matched
    fp = len(answer_rows) - tp
    fn = len(label_rows) - tp
    weight = tp + 0.5 * (fp + fn)
    return {
        "accuracy": total / weight if weight else 0.0,
        "tp": tp,
        "fp": fp,
        "fn": fn,
        "frame_score": total,
    }

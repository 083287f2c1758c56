"""Errors of a backward pass name the ops and lines of the program that led there, and what would help."""

import inspect
import re

import pytest

import rushlight as torch

FILE = re.escape(__file__.rpartition("/")[2])


def line(mark, function):
    """The line of a function that ends in a comment, as errors tell it."""
    source, first = inspect.getsourcelines(function)
    (found,) = (first + i for i, text in enumerate(source) if text.rstrip().endswith("# " + mark))
    return rf"{FILE}:{found}\b"


def failing(program):
    with pytest.raises(RuntimeError) as caught:
        program()
    return str(caught.value)


def leaf(*values):
    return torch.tensor(values, requires_grad=True)


def test_a_result_that_was_changed():
    def program():
        x = leaf(1.0, 2.0)
        y = x.exp()  # kept
        y.add_(1)  # changed
        y.sum().backward()

    told = failing(program)
    assert (
        "one of the variables needed for gradient computation has been modified by an inplace operation: `y` " in told
    )
    assert "is at version 1; expected version 0 instead" in told
    assert re.search(rf"saved by exp \({line('kept', program)}\) as a result for ExpBackward0", told)
    assert re.search(
        rf"last written by add_ \({line('changed', program)}\). Hint: use add in place of add_ there", told
    )


def test_an_input_that_was_changed_through_a_view():
    def program():
        x, weight = leaf(1.0, 2.0), torch.ones(2)
        y = x * weight  # kept
        weight[0] = 5  # changed
        y.sum().backward()

    told = failing(program)
    assert re.search(
        rf"`weight` \[torch.FloatTensor \[2\]\], saved by mul \({line('kept', program)}\) as an input", told
    )
    assert re.search(rf"last written by fill_ \({line('changed', program)}\). Hint: clone\(\)", told)


def test_of_several_writes_the_last_is_named():
    def program():
        x, y = leaf(1.0), leaf(2.0) * 1
        z = torch.stack([x, y]).prod() * y
        y.mul_(2)
        y.sub_(1)  # changed
        z.backward()

    assert re.search(rf"last written by sub_ \({line('changed', program)}\)", failing(program))


def test_a_parameter_that_an_optimizer_stepped():
    def program():
        net = torch.nn.Linear(2, 2)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        y = net(leaf(1.0, 2.0)).sum()
        y.backward(retain_graph=True)
        optimizer.step()
        y.backward()

    told = failing(program)
    assert "saved by linear (linear.py:" in told and "in Linear.forward) as an input" in told
    assert re.search(r"last written by sgd_step \(optimizer.py:\d+ in Stepped", told)


def test_a_tensor_that_a_function_saved():
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            return 2 * ctx.saved_tensors[0] * g

    def program():
        x = leaf(1.0) * 1
        y = Square.apply(x)  # kept
        x.zero_()  # changed
        y.sum().backward()

    told = failing(program)
    assert re.search(rf"saved by SquareBackward \({line('kept', program)}\)", told)
    assert re.search(rf"last written by zero_ \({line('changed', program)}\). Hint: clone", told)


def test_a_write_that_nobody_noted_names_no_line():
    x = leaf(1.0)
    weight = torch.ones(1)
    y = x * weight
    weight.add_(1)
    torch.autograd.graph.increment_version(weight)
    told = failing(lambda: y.sum().backward())
    assert "It was last written by add_. Hint" in told


def test_a_second_backward():
    def program():
        x = leaf(1.0, 2.0)
        y = (x * x).sum()  # kept
        y.backward()
        y.backward()

    told = failing(program)
    assert "Trying to backward through the graph a second time" in told and "Specify retain_graph=True" in told
    assert re.search(rf"MulBackward0, of mul \({line('kept', program)}\)", told)


def test_no_graph():
    def program():
        x = torch.ones(2)
        y = x * 2
        y.backward(torch.ones(2))

    told = failing(program)
    assert "element 0 of tensors does not require grad and does not have a grad_fn: `y` [2] was computed from" in told
    assert "call requires_grad_() on what" in told
    n = torch.tensor(1)
    assert "`n` [] is of dtype torch.int64, which has no derivative" in failing(lambda: n.backward())


def test_no_scalar():
    def program():
        y = leaf(1.0, 2.0) * 2  # made
        y.backward()

    told = failing(program)
    assert "grad can be implicitly created only for scalar outputs" in told and "reduce it (.sum(), .mean())" in told
    assert re.search(rf"`y` made by mul \({line('made', program)}\) has shape \[2\]", told)


def test_an_input_that_was_not_used():
    def program():
        x, unused = leaf(1.0), leaf(2.0, 3.0)
        torch.autograd.grad(x.sum(), [x, unused])

    told = failing(program)
    assert "The differentiated Tensor at index 1 appears to not have been used in the graph" in told
    assert "Set allow_unused=True" in told and "It is `unused` [2]" in told


def test_the_place_of_a_write_is_freed_with_its_tensor():
    """A version owns a code object, which the last tensor may let go of in any thread."""
    import threading

    x = leaf(1.0)
    weight = torch.ones(1)
    y = x * weight
    weight.add_(1)
    box = [weight, y]
    del weight, y
    thread = threading.Thread(target=box.clear)
    thread.start()
    thread.join()
    assert not box


def test_one_of_several_results_may_be_written_into_where_no_rule_needs_it(torch):
    x = torch.tensor([[1.0, 5.0, 2.0], [3.0, 1.0, 4.0]], requires_grad=True)
    values, _ = x.max(1)
    values.mul_(3)
    values.sum().backward()
    assert x.grad.tolist() == [[0, 3, 0], [0, 0, 3]]
    spread, mean = torch.std_mean(x, 1)
    spread.mul_(2)
    with pytest.raises(RuntimeError, match="has been modified by an inplace operation"):
        (spread.sum() + mean.sum()).backward()

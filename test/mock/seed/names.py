"""Ids, moments and collections: what the seed of every family is made of."""
import itertools
import random
from collections import namedtuple


# One collection of objects: code and noun of the 404 for one that is not there, the objects, the
# member that names one, members that the list, or the detail, does not have.
Collection = namedtuple("Collection", "code noun objects key list_omits detail_omits",
                        defaults=("id", (), ()))

ADJECTIVES = """abrupt agile ancient arid azure bitter bold brave calm candid coarse cosmic crisp
curious dapper daring deep dense dusty eager early elastic epic exact faint fancy fertile fierce
frozen gentle giant glossy golden grand hasty hidden humble icy ideal jolly keen lavish limber
lively lonely lunar mellow mighty misty modest narrow noble obscure odd patient placid plain
polite proud rapid""".split()
NOUNS = """acorn alley anvil apple arrow badge basin beacon birch blade bonnet bridge button cabin
candle canyon castle cellar chapel cherry cliff cloud cobalt copper coral cotton crater creek
dagger delta desert dome drawer eagle engine fable feather fern fjord flint forest fossil garnet
geyser glove granite gravel grove hammer harvest hazel hill hinge island jacket kettle ladder
lagoon leaf lemon lever""".split()


def connector_ids(count, salt=""):
    """Ids in a fixed shuffled order: mostly two words, some with an underscore
    in front, some of 32 hexadecimal digits, as the API has them."""
    rng = random.Random("ids" + salt)
    pairs = ["%s_%s%s" % (a, n, salt) for a in ADJECTIVES for n in NOUNS]
    rng.shuffle(pairs)
    result = []
    for i, pair in enumerate(itertools.islice(pairs, count)):
        if i % 97 == 96:
            result.append("%032x" % rng.getrandbits(128))
        elif i % 61 == 60:
            result.append("_" + pair.replace("_", ""))
        else:
            result.append(pair)
    return result


def timestamp(number, digits):
    """A time in 2026 with 0, 3 or 6 fraction digits; larger numbers are later."""
    day, second = divmod(number, 86400)
    month, day = divmod(day, 28)
    text = "2026-%02d-%02dT%02d:%02d:%02d" % (1 + month % 9, 1 + day, second // 3600,
                                             second // 60 % 60, second % 60)
    fraction = "%06d" % (number * 7919 % 1000000)
    return text + ("." + fraction[:digits] if digits else "") + "Z"
